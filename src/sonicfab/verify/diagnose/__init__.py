"""From failed expectations to causes: what is wrong, how one sees it, what to do. Pure."""
