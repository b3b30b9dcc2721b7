"""The one door to git: nothing else in the program starts it."""
