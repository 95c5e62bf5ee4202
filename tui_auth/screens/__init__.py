"""The screens of the full-screen front end: sign-in, one screen for each next step, and overlays."""
