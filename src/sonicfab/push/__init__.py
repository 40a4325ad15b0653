"""From the rendered configs to switches that run them, or run what they ran before."""
