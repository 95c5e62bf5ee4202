"""How bytes are stored safely: private files, locks, the keyring, and the folders for them."""
