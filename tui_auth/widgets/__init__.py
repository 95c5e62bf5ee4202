"""Widgets that know nothing of Cognito: inputs, fields, lists, QR code, header and footer."""
