import KatanaContract

/// The operations of one tag: a protocol and its routes.
struct GroupModel {
  var tag: String
  var name: String
  var documentation: String?
  /// What the document's first server puts in front of paths.
  var basePath: String
  var operations: [OperationModel]
}

/// How many bytes there may be.
struct SizeBounds {
  var min = 0
  var max: Int?

  /// Arguments of the runtime's readers.
  var rules: [String] { (min > 0 ? ["minSize: \(min)"] : []) + (max.map { ["maxSize: \($0)"] } ?? []) }
}

/// How pieces of text make one document; the words of the runtime.
enum TextShape: String {
  case list, members, nested
}

/// A value that travels as text: a parameter, or the member of a parameter or a form.
indirect enum TextModel {
  /// A value with a reader of its own for text: a string, a number, an enum.
  case scalar(ValueModel)
  /// A value that only JSON tells apart or checks; the names of the JSON types that it may have.
  case loose(ValueModel, types: [String])
  case list(TextModel, minItems: Int?, maxItems: Int?)
  /// A generated struct.
  case object(String)
  /// A dictionary.
  case map(TextModel)
  /// A JSON document.
  case json(ValueModel)
  /// Pieces that the runtime puts together to one. `names` are those of an object's members.
  case document(ValueModel, TextShape, names: [String])
  /// JSON documents under one name, each an item; or one with all of them.
  case documents(ValueModel, minItems: Int?, maxItems: Int?)
  /// A file of a multipart body.
  case file(SizeBounds)
  case files(SizeBounds, minItems: Int?, maxItems: Int?, isUnique: Bool)

  var swift: String {
    switch self {
    case .scalar(let value), .loose(let value, _), .json(let value), .document(let value, _, _): value.swift
    case .list(let item, _, _): "[\(item.swift)]"
    case .object(let name): SwiftName.escaped(name)
    case .map(let item): "[String: \(item.swift)]"
    case .documents(let item, _, _): "[\(item.swift)]"
    case .file: "UploadedFile"
    case .files: "[UploadedFile]"
    }
  }

  var isFile: Bool {
    switch self {
    case .file, .files: true
    default: false
    }
  }

  /// Whether it is read as one document, whose violations have a place for each item.
  var isDocument: Bool {
    switch self {
    case .json, .document: true
    default: false
    }
  }

  /// Whether reading what is there can give nil.
  var isFallible: Bool {
    switch self {
    case .scalar(let value): value.isFallible
    case .loose, .object, .json, .document, .file: true
    case .list, .map, .documents, .files: false
    }
  }
}

struct OperationModel {
  enum Execution { case sync, async, blocking }

  struct Parameter {
    enum Need {
      case required
      case optional
      case defaulted(String)
    }

    /// Without back-ticks.
    var name: String
    var place: KatanaContract.Parameter.Place
    /// The name in the contract.
    var key: String
    /// `.query("limit")`
    var source: String
    var value: TextModel
    var need: Need
    /// Nil for the style that the place has by itself.
    var style: String?
    var isExploded: Bool
    var allowsEmptyValue: Bool
    var allowsReserved: Bool
    /// What else the operation has in the same place, for a value that takes every name.
    var others: [String] = []
    var documentation: String?
    /// What the contract gives as an example of the value.
    var example: Node?

    var swift: String {
      if case .optional = need, !value.swift.hasSuffix("?") { return value.swift + "?" }
      return value.swift
    }
  }

  struct Body {
    enum Format {
      case json(ValueModel)
      case form(TextModel, FormEncoding)
      case multipart(TextModel, FormEncoding)
      case text(ScalarModel)
      case bytes(SizeBounds)
      case stream(SizeBounds)
      /// JSON documents, decoded while they arrive, or all at once.
      case lines(ValueModel, isSequence: Bool)
      case documents(ValueModel, isSequence: Bool)

      /// What a JSON document of the content holds.
      var document: ValueModel? {
        switch self {
        case .json(let value), .lines(let value, _), .documents(let value, _): value
        default: nil
        }
      }

      var swift: String {
        switch self {
        case .json(let value): value.swift
        case .form(let value, _), .multipart(let value, _): value.swift
        case .text: "String"
        case .bytes: "[UInt8]"
        case .stream: "RequestBody"
        case .lines(let value, _): "JSONLines<\(value.swift)>"
        case .documents(let value, _): "[\(value.swift)]"
        }
      }
    }

    struct Alternative {
      /// Its case, where several alternatives differ in type. Without back-ticks.
      var name: String
      var mediaType: String
      var format: Format
      var schema: SchemaRef?
      /// What the contract gives as examples of the content.
      var examples: [Node] = []
    }

    /// Content that is looked at where it lies: a view of a generated struct, or of each in an array.
    enum View {
      case object(String)
      case array(String, minItems: Int?, maxItems: Int?)

      var type: String {
        switch self {
        case .object(let name), .array(let name, _, _): name
        }
      }

      /// What the service is given.
      var swift: String {
        switch self {
        case .object(let name): "JSONView<\(SwiftName.escaped(name))>"
        case .array(let name, _, _): "JSONObjectArrayView<\(SwiftName.escaped(name))>"
        }
      }

      /// What it is until then.
      var read: String {
        switch self {
        case .object(let name): "JSONRead<\(SwiftName.escaped(name))>"
        case .array(let name, _, _): "JSONArrayRead<\(SwiftName.escaped(name))>"
        }
      }
    }

    var alternatives: [Alternative]
    /// Nil when the content is read to values.
    var view: View?
    var isRequired: Bool
    var documentation: String?
    /// A form without a required member: no content is the form without any.
    var mayBeEmpty = false

    /// The size beyond which no alternative can be valid, so that it is refused before it is read.
    var contentSizeMax: Int? {
      var result = 0
      for alternative in alternatives {
        switch alternative.format {
        case .bytes(let size), .stream(let size):
          guard let max = size.max else { return nil }
          result = Swift.max(result, max)
        default: return nil
        }
      }
      return result
    }

    /// Whether every alternative is read to one type.
    var isUniform: Bool { Set(alternatives.map(\.format.swift)).count == 1 }

    var isStream: Bool {
      switch alternatives[0].format {
      case .stream, .lines: return true
      default: return false
      }
    }
  }

  struct Field {
    /// Without back-ticks.
    var name: String
    var header: String
    var value: TextModel
    var isExploded: Bool
    var isRequired: Bool
    /// Of an object: the names in the contract and in Swift.
    var members: [(key: String, name: String)] = []
  }

  struct Outcome {
    enum Content {
      case none
      case value(ValueModel, mediaType: String)
      /// RFC 9457; the runtime renders it.
      case problem
      /// A media type or a range, of which the service then says what it sends.
      case text(mediaType: String)
      case bytes(mediaType: String)
      /// Server-sent events whose data are these values.
      case events(ValueModel?)
      /// A JSON document to a line.
      case lines(ValueModel, mediaType: String)

      var mediaType: String? {
        switch self {
        case .none: nil
        case .problem: "application/problem+json"
        case .events: "text/event-stream"
        case .value(_, let type), .text(let type), .bytes(let type), .lines(_, let type): type
        }
      }
    }

    /// The range of media types that the service chooses from.
    var mediaRange: String? {
      switch content {
      case .text(let type), .bytes(let type): type.hasSuffix("/*") ? type : nil
      default: nil
      }
    }

    /// What the contract leaves to the service: nothing, one of a hundred, any.
    enum Status: Equatable {
      case code(Int)
      case range(Int)
      case any
    }

    var status: Status
    /// Without back-ticks.
    var name: String
    var documentation: String
    var content: Content
    /// What the contract gives as an example of the content.
    var example: Node?
    var fields: [Field]
  }

  var name: String
  /// The enum around `Response`, `Failure` and `Body`; empty when there is none of them.
  var namespace: String
  /// The enum of the functions that read parts of the request.
  var reader: String
  var method: String
  var path: String
  /// What the contract's server puts in front of the path; begins with a slash unless it is empty.
  var basePath: String
  /// The name in the contract.
  var id: String?
  var documentation: String?
  var details: String?
  var isDeprecated: Bool
  var execution: Execution
  var deadlineMilliseconds: Int?
  var parameters: [Parameter]
  var body: Body?
  /// Alternatives of which one must hold, each a list of schemes (members of `SecuritySchemes`) that all must hold.
  var security: [[(scheme: String, scopes: [String])]]
  var successes: [Outcome]
  var failures: [Outcome]
  var location: Location
  /// The SQL query that the contract names, and the lists that it wants with their parents.
  var query: Located<String>?
  var prefetch: [Located<String>]

  /// One success without fields or a choice of media types returns its content; everything else returns an enum.
  var returnsContent: Bool {
    guard successes.count == 1, successes[0].fields.isEmpty, successes[0].mediaRange == nil,
      case .code = successes[0].status
    else { return false }
    if case .problem = successes[0].content { return false }
    return true
  }

  /// The type of the service's argument for the body.
  var bodySwift: String? {
    guard let body else { return nil }
    if let view = body.view { return view.swift + (body.isRequired ? "" : "?") }
    let type = body.isUniform ? body.alternatives[0].format.swift : "\(SwiftName.escaped(namespace)).Body"
    return body.isRequired || body.isStream || type.hasSuffix("?") ? type : type + "?"
  }
}
