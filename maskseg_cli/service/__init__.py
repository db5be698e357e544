"""`maskseg serve`: an HTTP service that finds the objects in pictures, and a web page for it."""
