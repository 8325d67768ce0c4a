"""The nightly run: from what was recorded to an adapter that the gate lets pass, or does not."""
