"""What one asks of a switch, a module for each subject: commands, what they print as values, and the questions."""
