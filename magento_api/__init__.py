"""What reading from and writing to a Magento shop share: address, sign-in, questions, the table of answers."""
