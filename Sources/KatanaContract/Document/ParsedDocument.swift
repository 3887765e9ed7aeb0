/// Where the two parsers meet: bytes in, a tree or located errors out.
enum DocumentSyntax {
  case yaml, json

  init(fileName: String, bytes: [UInt8]) {
    let name = fileName.lowercased()
    if name.hasSuffix(".json") {
      self = .json
    } else if name.hasSuffix(".yaml") || name.hasSuffix(".yml") {
      self = .yaml
    } else {
      self = bytes.first { !$0.isJSONSpace } == UInt8(ascii: "{") ? .json : .yaml
    }
  }
}

/// What stops a parser. Duplicate keys do not: they are reported and reading goes on.
struct SyntaxError: Error {
  let rule: ContractRule
  let location: Location
  let message: String
  var remedy: String?
}

extension Node {
  /// Parses a whole document and takes its nodes from `nodesLeft`. `nil` only after an error was reported.
  static func parse(
    _ source: SourceFile,
    _ syntax: DocumentSyntax,
    _ nodesLeft: inout Int,
    _ findings: inout Findings
  ) -> Node? {
    do {
      try checkBytes(source)
      switch syntax {
      case .json:
        var parser = JSONParser(source: source, nodesMax: nodesLeft)
        defer {
          nodesLeft = max(0, nodesLeft - parser.nodes)
          for finding in parser.findings { findings.append(finding) }
        }
        return try parser.parse()
      case .yaml:
        var parser = YAMLParser(source: source, nodesMax: nodesLeft)
        defer {
          nodesLeft = max(0, nodesLeft - parser.nodes)
          for finding in parser.findings { findings.append(finding) }
        }
        return try parser.parse()
      }
    } catch let error as SyntaxError {
      findings.error(error.rule, at: error.location, error.message, remedy: error.remedy)
    } catch {
      fatalError("a parser threw an error of another type: \(error)")
    }
    return nil
  }

  /// Parses a JSON document that is no contract: a file of a tool's. `nil` only with an error among the findings.
  public static func json(_ source: SourceFile) -> (Node?, [Diagnostic]) {
    var findings = Findings()
    var nodes = DocumentLimits.nodesMax
    let node = parse(source, .json, &nodes, &findings)
    return (node, findings.sorted)
  }

  private static func checkBytes(_ source: SourceFile) throws {
    if source.bytes.count > DocumentLimits.bytesMax {
      throw SyntaxError(
        rule: .documentTooLarge,
        location: source.location(atByte: 0),
        message: "the document has \(source.bytes.count) bytes; at most \(DocumentLimits.bytesMax) are read"
      )
    }
    if let offset = UTF8Check.firstInvalidByte(source.bytes) {
      throw SyntaxError(
        rule: .invalidUTF8,
        location: source.location(atByte: offset),
        message: "the bytes here are not valid UTF-8",
        remedy: "save the file as UTF-8"
      )
    }
  }
}

enum UTF8Check {
  static func firstInvalidByte(_ bytes: [UInt8]) -> Int? {
    do throws(UTF8.ValidationError) {
      _ = try UTF8Span(validating: bytes.span)
      return nil
    } catch {
      return error.byteOffsets.lowerBound
    }
  }
}

extension UInt8 {
  var isJSONSpace: Bool { self == 0x20 || self == 0x0A || self == 0x0D || self == 0x09 }
}
