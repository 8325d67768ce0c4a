"""When the nightly run starts by itself: systemd user timer, launchd, Task Scheduler."""
