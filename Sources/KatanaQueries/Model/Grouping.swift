/// Consecutive rows with the same key become one row with a list:
/// `-- nest: items by id: item_id AS id, item_name AS name, quantity`.
public struct Nest: Hashable, Sendable {
  public struct Member: Hashable, Sendable {
    /// The column of the row.
    public var column: String
    /// What the item calls it.
    public var name: String

    public init(column: String, name: String) {
      self.column = column
      self.name = name
    }
  }

  /// The list's name: `items`.
  public var property: String
  /// The columns by which ORDER BY begins.
  public var key: [String]
  public var members: [Member]
  /// Columns of the item that are NULL exactly when an outer join found no child; such a row adds no item. Empty when
  /// each row has a child.
  public var presence: [String]

  public init(property: String, key: [String], members: [Member], presence: [String] = []) {
    self.property = property
    self.key = key
    self.members = members
    self.presence = presence
  }
}

/// A condition of the statement that holds only when the caller asks for it: a line that ends with `-- filter`.
public struct Filter: Hashable, Sendable {
  /// The parameters that must all be given.
  public var parameters: [String]

  public init(parameters: [String]) {
    self.parameters = parameters
  }
}

/// One of the orders that a caller may choose: `ORDER BY id -- sort: name, price DESC`.
public struct Sort: Hashable, Sendable {
  /// `id`, `name`, `price_desc`.
  public var name: String
  /// What stands after ORDER BY: `price DESC`.
  public var text: String

  public init(name: String, text: String) {
    self.name = name
    self.text = text
  }
}

/// Children of all rows by one more query: `-- prefetch: items = items_of_orders(order_ids: id) by order_id`.
public struct Prefetch: Hashable, Sendable {
  public struct Argument: Hashable, Sendable {
    /// Of the other query: an array.
    public var parameter: String
    /// Of this query: the values of all rows, each once.
    public var column: String

    public init(parameter: String, column: String) {
      self.parameter = parameter
      self.column = column
    }
  }

  /// The list's name: `items`.
  public var property: String
  /// The other query, of the same file or, as `file.query`, of another.
  public var query: String
  public var arguments: [Argument]
  /// The column of the other query that holds what the first argument's column holds here.
  public var by: String

  public init(property: String, query: String, arguments: [Argument], by: String) {
    self.property = property
    self.query = query
    self.arguments = arguments
    self.by = by
  }
}

/// Where `:copy` sends its rows. The query's parameters are the columns, in their order.
public struct CopyTarget: Hashable, Sendable {
  public var schema: String
  public var table: String
  public var columns: [String]

  public init(schema: String, table: String, columns: [String]) {
    self.schema = schema
    self.table = table
    self.columns = columns
  }
}
