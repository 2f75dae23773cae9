"""Files: Agora's bucket, where recordings come from (`bucket`), and Supabase Storage, where they stay (`supabase`)."""
