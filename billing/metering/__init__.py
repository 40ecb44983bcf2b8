"""How often chains called what is charged by the call."""
