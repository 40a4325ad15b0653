"""What differs: between two image builds, two sets of files, or what is intended and what runs."""
