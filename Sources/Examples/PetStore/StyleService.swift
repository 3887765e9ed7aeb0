import Katana

/// Answers what was read.
struct StyleService: StylesAPI {
  func simpleStyles(
    scalar: String, list: [Int32], object: Point, listExploded: [Int32], objectExploded: Point, _ context: Context
  ) -> Echo {
    Echo(
      scalar: scalar, list: list, object: object, listExploded: listExploded, objectExploded: objectExploded)
  }

  func labelStyles(
    scalar: String, list: [Int32], object: Point, listExploded: [Int32], objectExploded: Point, _ context: Context
  ) -> Echo {
    Echo(
      scalar: scalar, list: list, object: object, listExploded: listExploded, objectExploded: objectExploded)
  }

  func matrixStyles(
    scalar: String, list: [Int32], object: Point, listExploded: [Int32], objectExploded: Point, _ context: Context
  ) -> Echo {
    Echo(
      scalar: scalar, list: list, object: object, listExploded: listExploded, objectExploded: objectExploded)
  }

  func formStyles(
    scalar: String?, listExploded: [Int32]?, objectExploded: Point?, _ context: Context
  ) -> Echo {
    Echo(scalar: scalar, listExploded: listExploded, objectExploded: objectExploded)
  }

  func joinedStyles(list: [Int32]?, object: Point?, _ context: Context) -> Echo { Echo(list: list, object: object) }

  func delimitedStyles(spaces: [Int32]?, pipes: [Int32]?, _ context: Context) -> Echo {
    Echo(list: spaces, listExploded: pipes)
  }

  func delimitedObjects(spaces: Point?, pipes: Point?, _ context: Context) -> Echo {
    Echo(object: spaces, objectExploded: pipes)
  }

  func deepStyles(object: Point, _ context: Context) -> Echo { Echo(object: object) }

  func contentStyles(object: Segment, _ context: Context) -> Echo { Echo(segment: object) }

  func headerStyles(
    xScalar: String?, xList: [Int32]?, xObject: Point?, xObjectExploded: Point?, _ context: Context
  ) -> Echo {
    Echo(scalar: xScalar, list: xList, object: xObject, objectExploded: xObjectExploded)
  }

  func cookieStyles(scalar: String?, list: [Int32]?, object: Point?, _ context: Context) -> Echo {
    Echo(scalar: scalar, list: list, object: object)
  }
}
