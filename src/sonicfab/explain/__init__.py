"""Where a rendered value comes from: input, rule, template line, fact of the build or the switch model."""
