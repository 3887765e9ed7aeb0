import KatanaContract

/// How a value is written where its parameter, or the member of a form, stands (RFC 6570, OpenAPI 3.1 §4.8.12).
struct ParameterWriting {
  var place: Parameter.Place
  var key: String
  var style: Parameter.Style
  var isExploded: Bool
  /// A document of its own.
  var isJSON = false

  /// Names and values, escaped; a path and a field have one whose name does not count. Nil for what the style has no
  /// words for: empty lists, lists in lists, delimiters inside of fields.
  func pieces(_ sample: JSONSample) -> [(name: String, value: String)]? {
    if isJSON { return escaped(sample.text).map { [(key, $0)] } }
    if style == .deepObject { return nested(key, sample) }
    switch sample {
    case .raw, .string: return plain(sample).map { [(key, marked($0))] }
    case .list(let items):
      let texts = items.compactMap { plain($0) }
      if texts.count < items.count || items.isEmpty { return nil }
      if isPairs { return texts.map { (key, $0) } }
      if texts.contains("") { return nil }
      if style == .matrix, isExploded { return [(key, texts.map { ";\(key)=\($0)" }.joined())] }
      return [(key, marked(texts.joined(separator: delimiter)))]
    case .members(let members):
      if members.isEmpty { return nil }
      if isPairs {
        let pieces = members.map { member in
          ParameterWriting(place: place, key: member.key, style: .form, isExploded: true).pieces(member.value)
        }
        return pieces.contains { $0 == nil } ? nil : pieces.flatMap { $0! }
      }
      let texts = members.map { member in plain(member.value).flatMap { $0.isEmpty ? nil : (member.key, $0) } }
      if texts.contains(where: { $0 == nil }) { return nil }
      let pairs = texts.map { "\(percent($0!.0))\(isExploded ? "=" : delimiter)\($0!.1)" }
      if style == .matrix, isExploded { return [(key, pairs.map { ";" + $0 }.joined())] }
      return [(key, marked(pairs.joined(separator: delimiter)))]
    }
  }

  /// Whether each item and each member is a pair of its own.
  private var isPairs: Bool { isExploded && (place == .query || place == .cookie) }

  private var delimiter: String {
    switch style {
    case .label where isExploded: "."
    case .spaceDelimited: "%20"
    case .pipeDelimited: "%7C"
    default: ","
    }
  }

  /// With what the style puts in front.
  private func marked(_ text: String) -> String {
    switch style {
    case .label: "." + text
    case .matrix: ";\(key)=\(text)"
    default: text
    }
  }

  private func plain(_ sample: JSONSample) -> String? {
    guard let text = sample.plain else { return nil }
    if place == .header, text.contains(where: { ",=\"".contains($0) }) { return nil }
    if style == .label, isExploded, text.contains(".") { return nil }  // no escape is made of it
    if place == .path, text.isEmpty || text == "." || text == ".." { return nil }
    return escaped(text)
  }

  /// Fields have printable ASCII as it is.
  private func escaped(_ text: String) -> String? {
    guard place == .header else { return percent(text) }
    if text.isEmpty || text.first == " " || text.last == " " { return nil }
    return text.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7F } ? text : nil
  }

  private func nested(_ name: String, _ sample: JSONSample) -> [(name: String, value: String)]? {
    let inside: [(name: String, value: JSONSample)]
    switch sample {
    case .raw, .string: return plain(sample).map { [(percent(name), $0)] }
    case .list(let items): inside = items.enumerated().map { ("\(name)[\($0.offset)]", $0.element) }
    case .members(let members): inside = members.map { ("\(name)[\($0.key)]", $0.value) }
    }
    let pieces = inside.map { nested($0.name, $0.value) }
    return pieces.isEmpty || pieces.contains { $0 == nil } ? nil : pieces.flatMap { $0! }
  }
}

/// Everything but RFC 3986's unreserved characters is escaped.
func percent(_ text: String) -> String {
  var result = ""
  for byte in text.utf8 {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
      UInt8(ascii: "~"):
      result.unicodeScalars.append(Unicode.Scalar(byte))
    default:
      let hex = String(byte, radix: 16, uppercase: true)
      result += "%" + (hex.count == 1 ? "0" : "") + hex
    }
  }
  return result
}
