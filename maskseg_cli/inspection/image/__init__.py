"""`maskseg inspect image`: a photo's way through the network, one step a file."""
