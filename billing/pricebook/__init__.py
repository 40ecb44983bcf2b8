"""What Kayun costs: dated price books, the 20 modules, and what each plan gives."""
