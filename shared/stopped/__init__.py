"""What does not flow: looking at it, having it go on, doing without it; for the command line and the console alike."""
