"""Where blobs come from.  Each source yields a blob and the function that reads its bytes."""
