"""What reading from Optiply and writing to it share: where its API is, how one signs in, how it speaks."""
