"""The command line: each command parses its options, calls one stage, and hands the result to `report`."""
