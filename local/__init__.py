"""The local stack: a whole Supabase-compatible platform on loopback, out of Python and npm packages alone."""
