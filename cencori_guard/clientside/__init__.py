"""The client side: which names carry a key there, which places hand it over, and why a key is in what ships."""
