"""The Magento sandbox: answers as Magento Open Source 2.4.7 does."""
