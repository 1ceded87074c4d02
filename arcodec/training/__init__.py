"""Training of what the models ship: the data, free of what they are measured on, and the nets."""
