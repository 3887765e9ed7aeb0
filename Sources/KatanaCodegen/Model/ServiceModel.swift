/// A contract in the terms of Swift: everything that is left to do is to write it down.
struct ServiceModel {
  var title: String
  var version: String
  var types: [TypeModel] = []
  var groups: [GroupModel] = []
  var patterns: [PatternModel] = []
}

/// A string pattern and its automaton; `name` is its member of `Patterns`.
struct PatternModel {
  var name: String
  var source: String
  var automaton: Automaton
}

/// A named Swift type.
struct TypeModel {
  enum Shape {
    case object([PropertyModel], isClosed: Bool)
    case words([WordModel])
  }

  var name: String
  var documentation: String?
  var shape: Shape
  var isRead = false
  var isWritten = false
}

/// One value of a string enum.
struct WordModel {
  var name: String
  var text: String
}

struct PropertyModel {
  /// How absence and null are told apart.
  enum Presence {
    case required
    case optional
    case nullable
    case patch
    /// A value of its own when it is absent; a Swift expression.
    case defaulted(String)
  }

  /// Without back-ticks.
  var name: String
  var key: String
  var documentation: String?
  var value: ValueModel
  var presence: Presence

  var isAlwaysWritten: Bool {
    switch presence {
    case .required, .nullable, .defaulted: true
    case .optional, .patch: false
    }
  }

  var isRequired: Bool {
    switch presence {
    case .required, .nullable: true
    default: false
    }
  }
}

/// What a value is and what it must meet. Rules are arguments of the runtime's read methods, ready to write.
indirect enum ValueModel {
  /// `method` of the reader and writer, and its arguments.
  case scalar(ScalarModel)
  case named(String, isEnum: Bool)
  case array(ValueModel, minItems: Int?, maxItems: Int?)

  var swift: String {
    switch self {
    case .scalar(let scalar): scalar.swift
    case .named(let name, _): SwiftName.escaped(name)
    case .array(let item, _, _): "[\(item.swift)]"
    }
  }
}

struct ScalarModel {
  /// The name of the runtime's method: `string`, `int64`, …
  var method: String
  /// The Swift type.
  var swift: String
  /// A Swift expression that stands in while a value is wrong.
  var neutral: String
  /// `minLength: 1, maxLength: 20`
  var rules: [String] = []
}

/// The operations of one tag: a protocol and its routes.
struct GroupModel {
  var tag: String
  var name: String
  var documentation: String?
  var operations: [OperationModel]
}

struct OperationModel {
  enum Execution { case sync, async }

  struct Parameter {
    enum Need {
      case required
      case optional
      case defaulted(String)
    }

    /// Without back-ticks.
    var name: String
    /// `.query("limit")`
    var source: String
    var value: ValueModel
    var need: Need
    var isExploded: Bool
    var documentation: String?

    var swift: String {
      if case .optional = need { return value.swift + "?" }
      return value.swift
    }
  }

  struct Body {
    var value: ValueModel
    var isRequired: Bool
    var mediaType: String
    var documentation: String?
  }

  struct Field {
    /// Without back-ticks.
    var name: String
    var header: String
    /// `String`, `Int64`, …
    var swift: String
    var isRequired: Bool
  }

  struct Outcome {
    enum Content {
      case none
      case value(ValueModel, mediaType: String)
      /// RFC 9457; the runtime renders it.
      case problem
    }

    /// Nil for `default`.
    var status: Int?
    /// Without back-ticks.
    var name: String
    var documentation: String
    var content: Content
    var fields: [Field]
  }

  var name: String
  var namespace: String
  var method: String
  var path: String
  var documentation: String?
  var details: String?
  var execution: Execution
  var deadlineMilliseconds: Int?
  var parameters: [Parameter]
  var body: Body?
  var successes: [Outcome]
  var failures: [Outcome]

  /// One success without fields returns its content; everything else returns an enum.
  var returnsContent: Bool { successes.count == 1 && successes[0].fields.isEmpty }
}
