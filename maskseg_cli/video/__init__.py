"""Videos: reading and writing files with their exact times."""
