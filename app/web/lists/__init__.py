"""Lists: what their address asks, which columns they show and how a row looks."""
