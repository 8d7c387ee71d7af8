"""What exercises of several chapters have in common: networks, graphs, the programs of the clinic."""
