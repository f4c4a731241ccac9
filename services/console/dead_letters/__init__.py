"""Pages of what does not flow: the list, one of them, having it go on, doing without it. The distributor's alone."""
