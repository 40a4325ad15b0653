"""The switch contract: all that sonicfab ever does on a switch, over any transport."""
