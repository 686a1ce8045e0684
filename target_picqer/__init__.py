"""The Singer target that writes purchase orders to Picqer: settings, client, and the two things that it can ask for."""
