/// The value of If-Match or If-None-Match (RFC 9110 §13.1): `*`, or entity tags with commas between.
struct EntityTags {
  private let tags: [Substring]

  init(_ text: String) {
    tags = text.split(separator: ",").map { tag in
      let start = tag.drop { $0 == " " || $0 == "\t" }
      let end = start.lastIndex { $0 != " " && $0 != "\t" }
      return end.map { start[...$0] } ?? ""
    }
  }

  /// Whether a strong tag is among them. `If-Match` compares strongly, so that weak tags are never among them.
  func contains(_ tag: String, weakly: Bool = false) -> Bool {
    tags.contains { $0 == "*" || $0 == tag || weakly && $0 == "W/" + tag }
  }
}
