"""Office documents: .docx, .xlsx, and QR codes for printing."""
