"""Where the platform's own staff act; what there is to look at is in the registers."""
