"""What one does with a fabric, each in a function whose result is a value: nothing is printed, and nobody is asked."""
