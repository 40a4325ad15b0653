"""The commands that turn one FRR config into another while its daemons run. Pure: text in, text out."""
