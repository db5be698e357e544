"""`maskseg inspect data`: what is in a data set, what the network gets of it, and what it is trained on."""
