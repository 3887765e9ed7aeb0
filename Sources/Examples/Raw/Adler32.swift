/// Adler-32 (RFC 1950 §8.2) in hexadecimal digits.
func adler32(_ bytes: some Sequence<UInt8>) -> String {
  var a: UInt32 = 1
  var b: UInt32 = 0
  for byte in bytes {
    a = (a + UInt32(byte)) % 65521
    b = (b + a) % 65521
  }
  let digits = String(b << 16 | a, radix: 16)
  return String(repeating: "0", count: 8 - digits.count) + digits
}
