/// Declarations that have to stand in one file, because some of them are private to it.
struct CodePart {
  /// Unique among the parts of one generator, and kept when others are added.
  let name: String
  /// The modules that it needs.
  let imports: [String]
  let text: String

  init(
    _ name: String, _ access: GeneratedAccess, imports: [String] = ["Katana"], _ body: (inout SwiftText) -> Void
  ) {
    self.name = name
    self.imports = imports
    var text = SwiftText(access: access)
    body(&text)
    self.text = text.text
  }

  /// Parts in a fixed number of groups by their names alone: a part that is added or removed moves no other.
  static func spread(_ parts: [CodePart], over count: Int) -> [[CodePart]] {
    var groups = [[CodePart]](repeating: [], count: count)
    for part in parts {
      let hash = part.name.utf8.reduce(UInt32(2_166_136_261)) { ($0 ^ UInt32($1)) &* 16_777_619 }
      groups[Int(hash) % count].append(part)
    }
    return groups
  }
}

extension GeneratedFile {
  /// - Parameter header: the first lines, an empty one at their end.
  init(name: String, header: String, parts: [CodePart]) {
    let imports = Set(parts.flatMap(\.imports)).sorted().map { "import \($0)\n" }
    self.init(name: name, text: header + imports.joined() + parts.map(\.text).joined())
  }
}
