"""The Singer target that writes purchase orders to EasyEcom: settings, client, and how what is there is listed."""
