"""What holds other files: archives, compressed files, source maps, notebooks.  All are streamed, none written out."""
