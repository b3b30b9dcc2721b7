"""Asks the vendor's API whether a key works.  Nothing else in the program speaks to the network."""
