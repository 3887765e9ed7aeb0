/// The files of one contract: the document itself, number 0, and those its references lead to. Each is read and parsed
/// once, when a reference first needs it.
final class ContractFiles {
  /// Why a file cannot be used.
  enum Failure: Error {
    /// The sentence says why, for the `$ref` that needs the file.
    case unreadable(String)
    case tooMany(String)
    /// It was read before and has no tree; what is wrong in it was reported then.
    case broken
  }

  private struct File {
    let source: SourceFile
    let root: Node?
    /// Places of `$anchor` names; built when one is looked for.
    var anchors: [String: [String]]?
  }

  private let files: (any FileSource)?
  private var opened: [File] = []
  private var numbers: [String: Int] = [:]
  private var numbersBySource: [ObjectIdentifier: Int] = [:]
  private var bytes: Int
  private var nodesLeft: Int

  /// `files` is `nil` for a document that came from no file: its references stay inside of it.
  init(source: SourceFile, root: Node, nodesLeft: Int, files: (any FileSource)?) {
    self.files = files
    self.nodesLeft = nodesLeft
    bytes = source.bytes.count
    add(source, root, path: FilePath.normalized(source.name))
  }

  private func add(_ source: SourceFile, _ root: Node?, path: String) {
    numbers[path] = opened.count
    numbersBySource[ObjectIdentifier(source)] = opened.count
    opened.append(File(source: source, root: root))
  }

  /// The file that holds a location.
  func number(of location: Location) -> Int { numbersBySource[ObjectIdentifier(location.source)] ?? 0 }

  func name(_ file: Int) -> String { opened[file].source.name }

  /// Of a file that ``open(_:from:_:)`` gave a number to.
  func root(_ file: Int) -> Node? { opened[file].root }

  /// The number of the file that `path` means in file `base`. What is wrong in the file goes to `findings`.
  func open(_ path: String, from base: Int, _ findings: inout Findings) throws(Failure) -> Int {
    let path = FilePath.resolve(path, in: name(base))
    if let known = numbers[path] {
      if opened[known].root == nil { throw .broken }
      return known
    }
    guard let files else { throw .unreadable("the document was not loaded from a file") }
    if opened.count == DocumentLimits.filesMax {
      throw .tooMany("a contract has at most \(DocumentLimits.filesMax) files")
    }
    let content: [UInt8]
    switch files.read(path, limit: DocumentLimits.bytesMax) {
    case .success(let read): content = read
    case .failure(let failure): throw .unreadable(failure.reason)
    }
    bytes += content.count
    if bytes > DocumentLimits.totalBytesMax {
      throw .tooMany("the files of a contract have at most \(DocumentLimits.totalBytesMax) bytes together")
    }
    let source = SourceFile(name: path, bytes: content)
    let root = Node.parse(source, DocumentSyntax(fileName: path, bytes: content), &nodesLeft, &findings)
    add(source, root, path: path)
    if root == nil { throw .broken }
    return opened.count - 1
  }

  /// The place of an `$anchor`, the first of its name.
  func place(ofAnchor name: String, in file: Int) -> [String]? {
    if opened[file].anchors == nil { opened[file].anchors = opened[file].root.map(Self.anchors) ?? [:] }
    return opened[file].anchors?[name]
  }

  /// Recursion is bounded by ``DocumentLimits/depthMax``.
  private static func anchors(_ root: Node) -> [String: [String]] {
    var found: [String: [String]] = [:]
    func visit(_ node: Node, _ tokens: [String]) {
      switch node.content {
      case .scalar: break
      case .sequence(let items):
        for (index, item) in items.enumerated() { visit(item, tokens + [String(index)]) }
      case .mapping(let mapping):
        for key in ["$anchor", "$dynamicAnchor"] {
          if let name = mapping[key]?.string, found[name] == nil { found[name] = tokens }
        }
        for entry in mapping.entries { visit(entry.value, tokens + [entry.key]) }
      }
    }
    visit(root, [])
    return found
  }
}
