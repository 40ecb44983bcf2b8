"""Invoices (发票) for what chains were charged: to whom they are made out, asked for, issued or refused."""
