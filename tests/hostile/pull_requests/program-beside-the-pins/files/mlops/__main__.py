print("pass")
