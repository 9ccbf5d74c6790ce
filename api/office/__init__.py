"""Documents of the office: .docx, .xlsx, and cards with QR codes for printing."""
