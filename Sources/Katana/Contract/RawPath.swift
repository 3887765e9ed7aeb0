import CKatana
import KatanaScalars

/// A parameter of the path as it was sent, which only its delimiters are looked for in: routing saw the decoded path.
///
/// Escaped slashes never get here, so that the segments of both correspond, but for empty ones and dot segments, which
/// the decoded path has not. Within a segment, a byte of the decoded path is a byte or an escape of the raw one.
func rawPathParameter(_ request: UnsafeMutablePointer<kt_request>, _ index: Int) -> RawText {
  let decoded = kt_request_param(request, UInt8(index))
  let plain = RawText(decoded, .none)
  let path = request.pointee.path
  guard let raw = rawPath(request.pointee.target), raw.contains(UInt8(ascii: "%")), let at = decoded.p,
    let start = path.p
  else { return plain }
  let before = Text(start: start, count: at - start)
  let number = before.count { $0 == UInt8(ascii: "/") }
  var segments: [Text] = []
  for segment in raw.split(separator: UInt8(ascii: "/")) {
    switch dots(segment) {
    case 1: continue
    case 2: _ = segments.popLast()
    default: segments.append(Text(rebasing: segment))
    }
  }
  // A parameter for the rest of the path has several segments and no styles.
  guard number >= 1, number <= segments.count,
    !Text(start: at, count: decoded.n).contains(UInt8(ascii: "/"))
  else { return plain }
  let segment = segments[number - 1]
  let begin = rawOffset(segment, 0, before.count - 1 - before.lastIndex(of: UInt8(ascii: "/"))!)
  let end = rawOffset(segment, begin, decoded.n)
  return RawText(Text(rebasing: segment[begin..<end]), .percent)
}

/// Where `count` decoded bytes behind `begin` end in a well-formed raw segment.
private func rawOffset(_ segment: Text, _ begin: Int, _ count: Int) -> Int {
  var at = begin
  for _ in 0..<count where at < segment.count { at += segment[at] == UInt8(ascii: "%") ? 3 : 1 }
  return min(at, segment.count)
}

/// The target without the query and, in absolute form, without scheme and authority (RFC 9112 §3.2.2).
private func rawPath(_ target: kt_bytes) -> Slice<Text>? {
  let text = Text(start: target.p, count: target.n)
  var path = text.prefix { $0 != UInt8(ascii: "?") }
  if path.first != UInt8(ascii: "/") {
    guard let colon = path.firstIndex(of: UInt8(ascii: ":")), path.count > colon + 3,
      let slash = path[(colon + 3)...].firstIndex(of: UInt8(ascii: "/"))
    else { return nil }
    path = path[slash...]
  }
  return path
}

/// 1 for `.`, 2 for `..` in any spelling, else 0.
private func dots(_ segment: Slice<Text>) -> Int {
  var rest = ByteScan(segment)
  var count = 0
  while !rest.isAtEnd {
    guard rest.take(".") || rest.take("%2e") || rest.take("%2E") else { return 0 }
    count += 1
  }
  return count <= 2 ? count : 0
}
