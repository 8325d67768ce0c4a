"""What happened: consent and events, kept on this machine only."""
