"""PDFs: copies of what was signed (`signed.py`), and statements of earnings (`statements.py`), on one sheet.

Fonts lie beside the code and are embedded; their licence is OFL.txt.
"""
