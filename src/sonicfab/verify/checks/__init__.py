"""The checks, one module each: what is asked, and how the answers are judged against the plan."""
